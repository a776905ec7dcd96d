import type { Backend } from '../store/index.ts'
import type { CacheOptions } from './tools/index.ts'

/** Limits of one server; each has a default, see docs/serving.md. */
export interface ServerLimits {
  /** Largest pack that is taken, in bytes. */
  packBytes: number
  /** Connections open at once; more are refused. */
  connections: number
  /** Packs being checked at once; others wait with their bytes on disk. */
  checks: number
  /** Milliseconds a client may take for the head of a request. */
  headMs: number
  /** Milliseconds without a single byte in either direction. */
  idleMs: number
  /** Milliseconds that a stopping server waits for requests in flight. */
  stopMs: number
}

export const defaultLimits: ServerLimits = {
  packBytes: 80 << 20,
  connections: 1000,
  checks: 2,
  headMs: 15_000,
  idleMs: 60_000,
  stopMs: 30_000,
}

export interface ServerOptions {
  /** The server's own folder: tokens, temporary files and, unless `storage` is given, all objects. */
  data: string
  /** Where packs, manifests and refs are. Default: the folder `objects` in `data`. */
  storage?: Backend | undefined
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string | undefined
  /** 0 takes any free port. */
  port: number
  /** Reading needs a token too. */
  private?: boolean | undefined
  /** The URL that clients reach this server by. Default: what their Host header says. */
  publicUrl?: string | undefined
  /** A folder with `zagi-<system>` or `zagi-<system>.gz`. The packaged binary also serves itself. */
  binaries?: string | undefined
  /** A Nix flake, or a JSON file, that names the tools. Default: nixpkgs names. */
  catalog?: string | undefined
  /** A binary cache to take store paths from. */
  cache?: CacheOptions | undefined
  /** The environment variables that Nix is started with, PATH among them. */
  environment?: Record<string, string | undefined> | undefined
  limits?: Partial<ServerLimits> | undefined
  /** Takes one line of JSON a request or event, without a line feed and without secrets. */
  log?: ((line: string) => void) | undefined
}

export interface RunningServer {
  /** `http://host:port`, without a final slash. */
  url: string
  /** Stops accepting, lets requests in flight finish up to a limit, removes temporary files. */
  close(): Promise<void>
}
