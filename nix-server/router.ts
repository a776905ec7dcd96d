import type { Exchange } from './exchange.ts'

/** Who may call: everybody, whoever may read, whoever may write. */
export type Access = 'open' | 'read' | 'write'

export type Handler = (exchange: Exchange) => Promise<void> | void

export interface Route {
  method: 'GET' | 'POST' | 'PUT'
  /** `:word` is one path segment or a part of one, `*word` is the rest of the path. */
  pattern: string
  access: Access
  handle: Handler
}

/** What a path and method came to. */
export type Found =
  | { kind: 'found'; route: Route; params: Record<string, string> }
  | { kind: 'wrong method'; allow: string[] }
  | { kind: 'none' }

/** Compiles routes; the first that fits answers. GET routes answer HEAD too. */
export function createRouter(routes: Route[]): (method: string, path: string) => Found {
  const compiled = routes.map((route) => ({ route, expression: compile(route.pattern) }))
  return (method, path) => {
    const allow = new Set<string>()
    for (const { route, expression } of compiled) {
      const match = expression.exec(path)
      if (match === null) continue
      if (route.method === method || (route.method === 'GET' && method === 'HEAD')) {
        return { kind: 'found', route, params: { ...match.groups } }
      }
      allow.add(route.method)
      if (route.method === 'GET') allow.add('HEAD')
    }
    return allow.size > 0 ? { kind: 'wrong method', allow: [...allow] } : { kind: 'none' }
  }
}

function compile(pattern: string): RegExp {
  const escaped = pattern.replace(/[.]/g, '\\.')
  const groups = escaped.replace(/:([a-z]+)/g, '(?<$1>[^/]+)').replace(/\*([a-z]+)/g, '(?<$1>.+)')
  return new RegExp(`^${groups}$`)
}
