import { sendText } from './answers.ts'
import type { Binaries } from './binaries.ts'
import type { Exchange } from './exchange.ts'
import { installerScript } from './installer-script.ts'
import { publicUrl } from './public-url.ts'
import type { Route } from './router.ts'
import { uninstallerScript } from './uninstaller-script.ts'

export interface FrontOptions {
  binaries: Binaries
  publicUrl: string | undefined
}

/** What a person meets first: the installer, or a page in a browser. */
export function frontRoutes(options: FrontOptions): Route[] {
  const urlFor = (exchange: Exchange) => publicUrl(options.publicUrl, exchange.request.headers.host)
  return [
    {
      method: 'GET',
      pattern: '/',
      access: 'open',
      async handle(exchange) {
        const url = urlFor(exchange)
        if (wantsPage(exchange)) {
          sendText(exchange, page(url), { headers: { ...pageHeaders, vary: 'accept, user-agent' } })
        } else {
          const script = installerScript(url, await options.binaries.list())
          sendText(exchange, script, { headers: { vary: 'accept, user-agent' } })
        }
      },
    },
    {
      method: 'GET',
      pattern: '/uninstall',
      access: 'open',
      handle: (exchange) => sendText(exchange, uninstallerScript(urlFor(exchange))),
    },
  ]
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

/** A browser says that it takes HTML; whatever else comes gets the script. */
function wantsPage(exchange: Exchange): boolean {
  const { accept = '', 'user-agent': agent = '' } = exchange.request.headers
  return accept.includes('text/html') && !/^(curl|wget)\b/i.test(agent)
}

function page(url: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>zagi server</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}
pre{background:#8882;padding:.8em 1em;overflow-x:auto}</style>
<h1>A zagi server</h1>
<p>zagi is version control that includes the environment: a clone comes with its dependencies and tools and runs.
This server keeps repositories. To install zagi and clone one, type in a terminal:</p>
<pre>curl -sf ${url} | sh
zagi clone OWNER/NAME</pre>
<p>Plain Git can clone the source: <code>git clone ${url}/OWNER/NAME.git</code></p>
</html>
`
}
