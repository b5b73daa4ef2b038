import type { InspectorNotification, Session } from 'node:inspector'

/** A connection to the inspector of the main thread, which answers even while that thread is busy with JavaScript. */
export interface MainSession {
  post: <T = unknown>(method: string, parameters?: object) => Promise<T>
  on: <T>(event: string, listener: (parameters: T) => void) => void
  disconnect: () => void
}

/** Connects to main's inspector. Rejects where Node.js was built without one. */
export async function connectToMain (): Promise<MainSession> {
  const { Session } = await import('node:inspector')
  const session: Session = new Session()
  session.connectToMainThread()
  return {
    post: async <T>(method: string, parameters?: object) => await new Promise<T>((resolve, reject) => {
      session.post(method, parameters, (error, result) => {
        if (error === null) resolve(result as T)
        else reject(new Error(error.message))
      })
    }),
    on: (event, listener) => { session.on(event, ({ params }: InspectorNotification<never>) => { listener(params) }) },
    disconnect: () => { session.disconnect() }
  }
}
