import { binaryRoutes } from './binary-routes.ts'
import { frontRoutes } from './front-routes.ts'
import { healthRoutes } from './health-routes.ts'
import type { Route } from './router.ts'
import type { Service } from './service.ts'

/** Everything that a server answers, see docs/http-api.md. */
export function serviceRoutes(service: Service): Route[] {
  return [...frontRoutes(service), ...healthRoutes(service), ...binaryRoutes(service)]
}
