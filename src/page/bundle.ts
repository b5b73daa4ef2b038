import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../process/root.js'

/**
 * What `npm run build` makes for browsers. Names of files hold a hash of their content, so that they can be kept for
 * ever.
 */
export interface Bundle {
  /** The directory that holds the files. */
  directory: string
  script: string
  style: string
  icon: string
  /** Licences of what the script is made of. */
  notices: string
  /** ops/runbook.md as HTML. */
  runbook: string
}

/** Reads what was built. Rejects with an Error that says what to do when nothing was. */
export async function readBundle (): Promise<Bundle> {
  const built = join(root, 'dist', 'src', 'page')
  try {
    const names = JSON.parse(
      await readFile(join(built, 'bundle.json'), 'utf8')
    ) as Omit<Bundle, 'directory' | 'runbook'>
    return { ...names, directory: join(built, 'assets'), runbook: await readFile(join(built, 'runbook.html'), 'utf8') }
  } catch (cause) {
    throw new Error(
      `The page's files are not in ${built}: npm run build makes them, and PAGE=false does without`,
      { cause }
    )
  }
}
