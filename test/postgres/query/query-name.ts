import t from 'tap'
import { operationOfQuery, operationOfTag, operationOfText } from '../../../src/postgres/query/operation.js'
import type { Query } from '../../../src/postgres/query/driver.js'
import { queryName } from '../../../src/postgres/query/query-name.js'

t.test('a query is named by a comment before its first keyword', async t => {
  for (const [text, name] of [
    ['/* list_alerts */ select 1', 'list_alerts'],
    ['\n  /*a.b:c-1*/select 1', 'a.b:c-1'],
    ['select 1 /* later */', ''],
    ['/* two words */ select 1', ''],
    ['/* quote" */ select 1', ''],
    ['/* naïve */ select 1', ''],
    [`/* ${'a'.repeat(64)} */ select 1`, 'a'.repeat(64)],
    [`/* ${'a'.repeat(65)} */ select 1`, ''],
    ['/* unfinished', ''],
    ['', '']
  ] as const) t.equal(queryName(text), name, JSON.stringify(text.slice(0, 40)))
})

t.test('a query that is only described, or has values between its words, has its operation', async t => {
  const query = (strings: string[], onlyDescribe?: boolean) => ({ strings, onlyDescribe }) as unknown as Query
  t.equal(operationOfQuery(query(['select 1'], true)), 'DESCRIBE')
  t.equal(operationOfQuery(query(['select 1'])), 'SELECT')
  t.equal(operationOfQuery(query(['sel', 'ect'])), 'OTHER')
})

t.test('an operation is one of a known set', async t => {
  for (const [tag, operation] of [
    ['SELECT', 'SELECT'], [
      'CREATE TABLE',
      'CREATE'
    ], ['START TRANSACTION', 'BEGIN'], ['LOCK TABLE', 'LOCK'], ['FROBNICATE ALL', 'OTHER'], ['', 'OTHER']
  ] as const) t.equal(operationOfTag(tag), operation, tag)
  for (const [text, operation] of [
    ['select 1', 'SELECT'], [
      '/* name */ Insert into a',
      'INSERT'
    ], ['-- a line\n\t(values (1))', 'SELECT'], ['abort', 'ROLLBACK'], ['end', 'COMMIT'],
    [
      '/* a * b */ /**/ delete',
      'DELETE'
    ], ['with a as (select 1) select', 'SELECT'], ['selec', 'OTHER'], ['/* unfinished', 'OTHER'], ['', 'OTHER']
  ] as const) t.equal(operationOfText(text), operation, text)
  for (const [text, operation] of [
    ["with a as (insert into b values (')select') returning *) update c set d = 1", 'UPDATE'],
    ['with recursive "select" (insert) as not materialized (select (1)) /* update */ insert into b select 1', 'INSERT'],
    ['with a as (select $$ ) delete $$) -- merge\n delete from b', 'DELETE'],
    ['with a as (select 1) merge into b using a on true', 'MERGE'],
    ['with a as (select 1', 'OTHER'],
    ['with a as (select 1) values (1)', 'SELECT'],
    ['with a as (select 1) table a', 'SELECT'],
    ['with a as (select $tag$ ) delete $tag$) insert into b select 1', 'INSERT'],
    ['with a as (select $tag$ ) delete $$ $tag$) insert into b select 1', 'INSERT'],
    ['with a as (select 1 /* ) delete * ) */) insert into b select 1', 'INSERT']
  ] as const) t.equal(operationOfText(text), operation, text)
  for (const text of ['table a', 'VALUES (1)', '-- a line', '?select', '1 select', '--']) {
    t.equal(operationOfText(text), /^(table|values)/i.test(text) ? 'SELECT' : 'OTHER', text)
  }
  t.equal(operationOfText('/* */'.repeat(100_000) + '?'), 'OTHER', 'hostile text takes no time')
})
