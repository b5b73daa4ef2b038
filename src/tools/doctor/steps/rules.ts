import type { Context } from '../context.js'
import { count, fail, pass, type Step } from '../step.js'

interface Group {
  name: string
  file: string
  interval: number
  rules: Array<{
    type: 'alerting' | 'recording',
    name: string,
    health: 'ok' | 'err' | 'unknown',
    lastError?: string,
    state?: string
  }>
}

const check = 'docker compose exec prometheus sh -c "promtool check rules /etc/prometheus/rules/*.yml"'
const reload = 'then: docker compose exec prometheus kill -HUP 1'

export const rules: Step = {
  name: 'rules',
  title: 'Alert rules',
  parts: ['prometheus'],
  needs: ['prometheus'],
  async check (context) {
    const groups = await evaluated(context)
    const all = groups.flatMap(({ name, file, rules }) => rules.map(rule => ({ ...rule, group: name, file })))
    const broken = all.filter(({ health }) => health === 'err')
    const alerts = all.filter(({ type }) => type === 'alerting')
    if (all.length === 0) {
      return fail(
        'none',
        'rule_files in prometheus.yml names no file, or no file that is there, so no alert can fire.',
        'docker compose exec prometheus ls /etc/prometheus/rules',
        'compare rule_files with ops/prometheus/prometheus.yml',
        reload
      )
    }
    if (broken.length > 0) {
      const names = broken.slice(0, 3).map(({ name, group }) => `${name} (group ${group})`).join(', ')
      return fail(
        `${broken.length} of ${all.length} fail: ${names}${broken.length > 3 ? '…' : ''}`,
        `${broken[0]?.name}: ${broken[0]?.lastError}.`,
        `correct it in ${broken[0]?.file}`,
        check,
        reload
      )
    }
    if (alerts.length === 0) {
      return fail(
        `${count(all.length, 'rule')}, none of them an alert`,
        'So nothing can fire.',
        check,
        'compare rule_files with ops/prometheus/prometheus.yml',
        reload
      )
    }
    const names = alerts.filter(({ state }) => state === 'firing').map(({ name }) => name)
    const firing = names.length > 0 ? `; firing now: ${names.join(', ')}` : ''
    const recording = count(all.length - alerts.length, 'recording rule')
    return pass(`${count(alerts.length, 'alert')} and ${recording} work${firing}`)
  }
}

/** The groups, once each rule was evaluated or has had time for that. */
async function evaluated ({ askJson, tell, until }: Context): Promise<Group[]> {
  const read = async () => (await askJson<{ data: { groups: Group[] } }>('prometheus', '/api/v1/rules')).data.groups
  const isDone = (groups: Group[]) => groups.every(({ rules }) => rules.every(({ health }) => health !== 'unknown'))
  const groups = await read()
  if (isDone(groups)) return groups
  const seconds = Math.min(60, Math.max(...groups.map(({ interval }) => interval))) + 2
  tell(`waiting up to ${seconds} s for their first evaluation`)
  return await until(seconds, async () => await read().then(groups => isDone(groups) ? groups : undefined)) ??
    await read()
}
