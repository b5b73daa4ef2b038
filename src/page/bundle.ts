import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../process/root.js'

/**
 * What `npm run build` makes for browsers. The names of files have a hash of their content, so browsers may keep them
 * for ever.
 */
export interface Bundle {
  /** The directory that holds the files. */
  directory: string
  script: string
  style: string
  icon: string
  /** The licences of the packages in the script. */
  notices: string
  /** ops/runbook.md as HTML. */
  runbook: string
}

/** Reads what was built. Rejects with an Error that says what to do when nothing has been built. */
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
