import { styleText } from 'node:util'
import type { WriteStream } from 'node:tty'
import type { Finding } from './run.js'
import type { Step } from './step.js'

const marks = { ok: ['✔', 'green'], failed: ['✖', 'red'], skipped: ['–', 'yellow'] } as const
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

type Output = Pick<WriteStream, 'write' | 'isTTY' | 'columns'>

/** Makes what shows each step while it is looked at, on a terminal, and then what was found. */
export function createPrinter (output: Output, steps: Step[], color: boolean) {
  const width = Math.max(...steps.map(({ title }) => title.length))
  const paint = (style: Parameters<typeof styleText>[0], text: string) => color ? styleText(style, text) : text
  let timer: NodeJS.Timeout | undefined
  let current = { title: '', waiting: '' }

  function spin (): void {
    let frame = 0
    const draw = () => {
      const line = `${current.title.padEnd(width)}  ${current.waiting}`.slice(0, (output.columns ?? 80) - 3)
      output.write(`\r\x1b[K${paint('cyan', frames[frame++ % frames.length] as string)} ${line}`)
    }
    draw()
    timer = setInterval(draw, 100)
  }

  // Commands are not broken into lines, for they are copied.
  function wrap (text: string): string {
    const room = (output.isTTY ? output.columns : Infinity) - 9
    const lines = ['']
    for (const word of text.split(' ')) {
      const line = `${lines.at(-1)} ${word}`.trimStart()
      if (line.length > room) lines.push(word)
      else lines[lines.length - 1] = line
    }
    return lines.join('\n         ')
  }

  function clear (): void {
    clearInterval(timer)
    if (output.isTTY) output.write('\r\x1b[K')
  }

  return {
    begin ({ title }: Step): void {
      current = { title, waiting: '' }
      if (output.isTTY) spin()
    },
    waiting (what: string): void {
      if (!output.isTTY && current.waiting !== what) output.write(`… ${current.title.padEnd(width)}  ${what}\n`)
      current.waiting = what
    },
    found ({ title, says, ...finding }: Finding): void {
      clear()
      const [mark, style] = marks[finding.status]
      const shown = finding.status === 'skipped' ? paint('dim', says) : says
      output.write(`${paint(style, mark)} ${title.padEnd(width)}  ${shown}\n`)
      if (finding.status !== 'failed') return
      output.write(`    ${paint('bold', 'Why')}  ${wrap(finding.why)}\n`)
      output.write(`    ${paint('bold', 'Do')}   ${finding.todo.join('\n         ')}\n`)
    },
    end (findings: Finding[]): void {
      clear()
      const number = (status: Finding['status']) => findings.filter(finding => finding.status === status).length
      const [failed, skipped] = [number('failed'), number('skipped')]
      const rest = skipped > 0 ? `, ${skipped} not looked at` : ''
      const verdict = failed === 0
        ? paint('green', `The chain holds: ${number('ok')} steps are well${rest}.`)
        : paint('red', `The chain is broken: ${failed} of ${findings.length} steps failed${rest}.`)
      output.write(`\n${verdict}\n`)
    }
  }
}
