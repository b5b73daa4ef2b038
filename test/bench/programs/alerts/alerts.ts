export interface Alerts {
  url: string
  staleAfterSeconds?: number
}
