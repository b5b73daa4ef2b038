import neostandard from 'neostandard'

const slow = ['typebox', '@fastify/swagger', '@fastify/swagger-ui', '@fastify/static', 'pino-pretty', 'yaml']
const message = 'It makes each start of the service slower: ' +
  'src/schema.ts builds schemas, and the rest is imported when it is asked for.'

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', '.data/**', '.tap/**', '.bench/**', '.stryker-tmp/**'] }),
  {
    rules: { '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true }] }
  },
  {
    files: ['src/**/*.ts', 'plugins/**/*.ts'],
    ignores: ['src/tools/**', 'src/page/client/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        paths: slow.map(name => ({ name, allowTypeImports: true, message }))
      }]
    }
  },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // The compiler tells of these, and they take a seventh of the time.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-unused-vars': 'off'
    }
  }
]
