// A reporter of Stryker that writes each mutant down as soon as it was tested: a run of hours may be ended early.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'

class Lines {
  onMutantTested ({ fileName, mutatorName, replacement, location, status }) {
    const { line, column } = location.start
    const at = { line, column, endLine: location.end.line, endColumn: location.end.column }
    const mutant = { file: relative(process.cwd(), fileName), ...at, mutator: mutatorName, replacement, status }
    appendFileSync(process.env.MUTANTS, JSON.stringify(mutant) + '\n')
  }
}

export const strykerPlugins = [{ kind: 'Reporter', name: 'lines', injectableClass: Lines }]
