import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', '.data/**', '.tap/**', '.bench/**', '.stryker-tmp/**'] }),
  {
    files: ['src/**/*.ts', 'plugins/**/*.ts'],
    ignores: ['src/tools/**', 'src/page/client/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        paths: ['typebox', '@fastify/swagger', '@fastify/swagger-ui', '@fastify/static', 'pino-pretty', 'yaml'].map(name => ({
          name, allowTypeImports: true, message: 'It makes each start of the service slower: src/schema.ts builds schemas, and the rest is imported when it is asked for.'
        }))
      }]
    }
  },
  {
    files: ['**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'error' }
  }
]
