import type { Context } from './context.ts'
import { cleanPersonText } from './git/git-commit.ts'
import type { Person, Signature } from './types.ts'

/** `user.name` and `user.email` of the Git configuration, as far as they are set. */
export function configuredAuthor({ git }: Context): Partial<Person> {
  const name = git.config.get('user.name')
  const email = git.config.get('user.email')
  return { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) }
}

/** The author of a change made now: the Git configuration's, else the fallback, else who is logged in. */
export function signatureNow(context: Context, fallback?: Person): Signature {
  const person = {
    name: context.user,
    email: `${context.user}@${context.host}`,
    ...fallback,
    ...configuredAuthor(context),
  }
  const now = context.options.now()
  return {
    name: cleanPersonText(person.name),
    email: cleanPersonText(person.email),
    time: Math.floor(now / 1000),
    offset: -new Date(now).getTimezoneOffset(),
  }
}
