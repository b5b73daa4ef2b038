export interface Alerts {
  url: string
}
