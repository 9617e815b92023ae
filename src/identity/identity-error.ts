/** A problem with the identity files, in one line that says what to do. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
}
