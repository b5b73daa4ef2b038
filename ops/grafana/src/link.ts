import { DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard'

/** A link to a page, opened beside the dashboard. */
export function link (title: string, url: string): DashboardLink {
  return {
    title,
    type: DashboardLinkType.Link,
    icon: 'external link',
    tooltip: '',
    url,
    tags: [],
    asDropdown: false,
    targetBlank: true,
    includeVars: false,
    keepTime: false
  }
}

/** Links to all dashboards with a tag, which keep the time and the variables chosen. */
export function dashboardsTagged (tag: string): DashboardLink {
  return {
    title: 'Vitals',
    type: DashboardLinkType.Dashboards,
    icon: 'dashboard',
    tooltip: '',
    tags: [tag],
    asDropdown: false,
    targetBlank: false,
    includeVars: true,
    keepTime: true
  }
}
