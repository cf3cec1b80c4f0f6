/** oidc-provider with its in-memory store, and refresh tokens for the clients of a benchmark, made beside its interaction pages. */
import { Provider } from 'oidc-provider'

const provider = new Provider('http://127.0.0.1', {
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  scopes: ['openid', 'offline_access'],
  cookies: { keys: ['bench'] },
  rotateRefreshToken: true,
  features: { devInteractions: { enabled: false } },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})
process.once('message', async ({ tokens }) => {
  const client = await provider.Client.find('bench')
  const issued = []
  for (let i = 0; i < tokens; i++) {
    const accountId = `account-${i}`
    const grant = new provider.Grant({ accountId, clientId: 'bench' })
    grant.addOIDCScope('openid offline_access')
    const grantId = await grant.save()
    const token = new provider.RefreshToken({
      accountId,
      client,
      grantId,
      gty: 'authorization_code',
      scope: 'openid offline_access',
      rotations: 0,
      iiat: Math.floor(Date.now() / 1000),
    })
    issued.push(await token.save())
  }
  const server = provider.listen(0, '127.0.0.1', () =>
    process.send({ port: server.address().port, tokens: issued }),
  )
})
process.on('SIGTERM', () => process.exit(0))
