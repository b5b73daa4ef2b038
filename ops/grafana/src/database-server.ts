import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'

const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|nsfs"'

/** PostgreSQL's own side, by postgres_exporter, and the machine, by node_exporter; of all that Prometheus watches. */
export const server = [
  graph({
    title: 'Connections of PostgreSQL',
    description: 'Connections of all programs by state, and how many there may be. idle in transaction holds locks ' +
      'and does nothing.',
    unit: units.Short,
    width: 8,
    alerts: ['PostgresConnectionsShort'],
    queries: [
      { expr: 'sum by (state) (pg_stat_activity_count)', legend: '{{state}}' },
      { expr: 'max(pg_settings_max_connections)', legend: 'most' }
    ]
  }),
  graph({
    title: 'Longest transaction',
    description: 'Age of the oldest transaction that is still open, by state.',
    unit: units.Seconds,
    width: 8,
    alerts: ['PostgresTransactionOpen', 'LongTransactions'],
    queries: [{ expr: 'max by (state) (pg_stat_activity_max_tx_duration)', legend: '{{state}}' }]
  }),
  graph({
    title: 'Size of databases',
    description: 'Bytes on disk of each database.',
    unit: units.BytesIEC,
    width: 8,
    queries: [{ expr: 'max by (datname) (pg_database_size_bytes)', legend: '{{datname}}' }]
  }),
  graph({
    title: 'Disks, free',
    description: 'Share of each file system that is free.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    alerts: ['DiskFilling', 'DiskNearlyFull'],
    queries: [
      {
        expr: `node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}}`,
        legend: '{{instance}} {{mountpoint}}'
      }
    ]
  }),
  graph({
    title: 'Memory of the machine, available',
    description: 'Share of the machine\'s memory that programs can still have.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    alerts: ['HostMemoryShort'],
    queries: [{ expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', legend: '{{instance}}' }]
  }),
  graph({
    title: 'Processors of the machine, busy',
    description: 'Share of the machine\'s processors that is in use.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    queries: [
      {
        expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
        legend: '{{instance}}'
      }
    ]
  })
]
