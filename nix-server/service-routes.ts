import { binaryRoutes } from './binary-routes.ts'
import { chunkRoutes } from './chunk-routes.ts'
import { frontRoutes } from './front-routes.ts'
import { gitRoutes } from './git-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { objectRoutes } from './object-routes.ts'
import type { Route } from './router.ts'
import type { Service } from './service.ts'
import { toolRoutes } from './tool-routes.ts'

/** Everything that a server answers, see docs/http-api.md. */
export function serviceRoutes(service: Service): Route[] {
  return [
    ...objectRoutes(service),
    ...chunkRoutes(service),
    ...toolRoutes(service),
    ...frontRoutes(service),
    ...healthRoutes(service),
    ...binaryRoutes(service),
    // Last: its pattern begins with a name that anybody may choose.
    ...gitRoutes(service),
  ]
}
