/** What the doctor looks at, any of which may not be there and be left out. */
export const parts = ['service', 'prometheus', 'alertmanager', 'grafana', 'test-alert'] as const

export type Part = typeof parts[number]
