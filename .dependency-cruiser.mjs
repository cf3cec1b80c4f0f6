/**
 * The architecture, as rules a machine checks.
 *
 * Layers, lowest first; names on one line are peers and may not import each other.
 */
const layers = [['people'], ['access'], ['governance', 'automation'], ['watch'], ['evidence']]

/** Inside an area the same: each module sees those on the lines before it. */
const order = {
  people: [
    ['identity'],
    ['organizations'],
    ['factors'],
    ['sessions'],
    ['recovery', 'invites'],
    ['sign-on', 'forward-auth'],
    ['screens'],
  ],
  access: [['policy'], ['decisions'], ['applications']],
}

const modules = '^packages/server/src/modules/'
const looksDown = layers.flatMap((peers, i) => {
  const above = layers.slice(i + 1).flat()
  return peers.flatMap((area) => {
    const closed = [...above, ...peers.filter((peer) => peer !== area)]
    if (closed.length === 0) return []
    return {
      name: `${area}-looks-down`,
      severity: 'error',
      from: { path: `${modules}${area}/` },
      to: { path: `${modules}(${closed.join('|')})/` },
    }
  })
})

const looksDownInside = Object.entries(order).flatMap(([area, lines]) =>
  lines.flatMap((peers, i) =>
    peers.map((module) => ({
      name: `${area}-${module}-looks-down`,
      severity: 'error',
      from: { path: `${modules}${area}/${module}/` },
      to: {
        path: `${modules}${area}/(${[...lines.slice(i + 1).flat(), ...peers.filter((peer) => peer !== module)].join('|') || '-'})/`,
      },
    })),
  ),
)

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'only-the-index',
      comment: 'A module is reached through its index.ts and nothing else.',
      severity: 'error',
      from: { path: `${modules}([^/]+/[^/]+)/` },
      to: { path: modules, pathNot: [`${modules}$1/`, `${modules}[^/]+/[^/]+/index\\.ts$`] },
    },
    ...looksDown,
    ...looksDownInside,
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: '^packages/server/src/platform/' },
      to: { path: modules },
    },
    {
      name: 'model-is-pure',
      comment:
        'model.ts holds rules, not effects: no SQL, no HTTP, no node builtins but digests, which are pure.',
      severity: 'error',
      from: { path: `${modules}.*/model\\.ts$` },
      to: {
        pathNot: [
          `${modules}.*/(model|catalog)\\.ts$`,
          '^packages/server/src/platform/(errors|ids|time)\\.ts$',
          '^packages/(policy|tlog)/',
          '^crypto$',
        ],
      },
    },
    {
      name: 'tlog-stands-alone',
      severity: 'error',
      from: { path: '^packages/(tlog|sdk)/src/' },
      to: { path: '^packages/', pathNot: '^packages/(tlog|sdk)/src/' },
    },
    {
      name: 'nobody-imports-the-server',
      comment: 'The command line starts it (serve) and operates it (admin); libraries never see it.',
      severity: 'error',
      from: { path: '^packages/(sdk|tlog|policy)/' },
      to: { path: '^packages/server/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
