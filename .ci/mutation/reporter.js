// A reporter of Stryker that writes each mutant down as soon as it was tested: a run of hours may be ended early. Where
// a sample is asked for, it is what draws it.
import { appendFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

const { MUTANTS, SAMPLE_FILE, SAMPLE, SEED } = process.env

class Lines {
  #sample

  onMutationTestingPlanReady ({ mutantPlans }) {
    const ids = mutantPlans.map(({ mutant }) => mutant.id)
    appendFileSync(MUTANTS, JSON.stringify({ all: ids.length }) + '\n')
    if (SAMPLE === undefined) return
    this.#sample = new Set(draw(ids, Number(SAMPLE), Number(SEED)))
    writeFileSync(SAMPLE_FILE, JSON.stringify([...this.#sample]))
  }

  onMutantTested ({ id, fileName, mutatorName, replacement, location, status, statusReason, killedBy }) {
    if (this.#sample?.has(id) === false) return
    const { line, column } = location.start
    const at = { line, column, endLine: location.end.line, endColumn: location.end.column }
    const mutant = { file: relative(process.cwd(), fileName), ...at, mutator: mutatorName, replacement, status }
    appendFileSync(MUTANTS, JSON.stringify({ ...mutant, by: killedBy?.[0], why: statusReason?.slice(0, 300) }) + '\n')
  }
}

/** Draws some, each as likely as any other, and the same ones for the same seed. */
function draw (ids, count, seed) {
  const left = [...ids]
  const drawn = []
  let state = seed
  while (drawn.length < count && left.length > 0) {
    // Park and Miller's minimal standard generator.
    state = state * 48271 % 2147483647
    drawn.push(...left.splice(state % left.length, 1))
  }
  return drawn
}

export const strykerPlugins = [{ kind: 'Reporter', name: 'lines', injectableClass: Lines }]
