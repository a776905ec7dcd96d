import type { Backend } from '../store/index.ts'

/** Limits of one server; each has a default that docs/serving.md explains. */
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

export interface ServerOptions {
  /** The server's own folder: tokens, temporary files and, unless `storage` is given, all objects. */
  data: string
  /** Where packs, manifests and refs are. Default: the folder `objects` in `data`. */
  storage?: Backend
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string
  /** 0 takes any free port. */
  port: number
  /** Reading needs a token too. */
  private?: boolean
  /** The URL that clients reach this server by, without a final slash. Default: what their Host header says. */
  publicUrl?: string
  /** A folder with `zagi-<system>` or `zagi-<system>.gz`. The packaged binary also serves itself. */
  binaries?: string
  /** A Nix flake that names the tools. Default: nixpkgs names. */
  catalog?: string
  limits?: Partial<ServerLimits>
  /** Takes one line of JSON a request or event, without a line feed and without secrets. */
  log?(line: string): void
}

export interface RunningServer {
  /** `http://host:port`, without a final slash. */
  url: string
  /** Stops accepting, lets requests in flight finish up to a limit, removes temporary files. */
  close(): Promise<void>
}
