import t from 'tap'
import { Type as TypeBox } from 'typebox'
import { Type, type Builders, type Static } from '../src/schema.js'

t.test('schemas are those that TypeBox builds, and so are their types', async t => {
  const build = (Type: Pick<typeof TypeBox, Builders>) =>
    Type.Object({
      text: Type.Optional(Type.String({ pattern: 'x' })),
      whole: Type.Integer({ minimum: 1 }),
      ratio: Type.Number(),
      is: Type.Boolean({ default: false }),
      one: Type.Literal('one'),
      of: Type.Enum(['a', 'b'], { default: 'a' }),
      list: Type.Array(Type.String(), { maxItems: 2 }),
      nullable: Type.Union([Type.String(), Type.Null()], { description: 'd' }),
      record: Type.Record(Type.String(), Type.Object({})),
      unknown: Type.Unknown({ description: 'd' }),
      any: Type.Unsafe<Date>({ type: 'object' })
    }, { additionalProperties: false })
  const ours = build(Type)
  t.strictSame(JSON.parse(JSON.stringify(ours)), JSON.parse(JSON.stringify(build(TypeBox))))
  const value: Static<typeof ours> = {
    whole: 1,
    ratio: 0.5,
    is: true,
    one: 'one',
    of: 'b',
    list: [],
    nullable: null,
    record: {},
    unknown: 1,
    any: new Date()
  }
  t.ok(value)
})

t.test('a schema is not changed by what is made of it', async t => {
  const text = Type.String()
  Type.Optional(text)
  t.strictSame(Type.Object({ text }).required, ['text'])
  t.strictSame(Object.keys(Type.Object({ text: Type.Optional(text) })), ['type', 'properties'])
})
