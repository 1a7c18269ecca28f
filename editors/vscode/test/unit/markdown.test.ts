import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code, copyText, escaped, findingText, hoverText, sentence } from '../../src/markdown';
import { finding, goldens, site } from './goldens';

const HOSTILE = '[run](command:x) <b>&amp; `tick` ```` $(zap) \u202e\u0007 ![i](http://h/i.png) **bold** # h\n- l';

test('a code span holds any text', () => {
  assert.equal(code('x'), '`x`');
  assert.equal(code('`raw`'), '`` `raw` ``');
  assert.equal(code('a``b'), '```a``b```');
  assert.equal(code('a\n\tb'), '`a b`');
  assert.equal(code('  '), '');
});

test('escaped text has no mark that means something', () => {
  const text = escaped(HOSTILE);
  const bare = text.replace(/\\[\\`*_{}[\]()#+\-.!~>|:@$^="']/g, '').replace(/&(?:lt|amp);/g, '');
  // eslint-disable-next-line no-control-regex -- these are what must not come through
  assert.doesNotMatch(bare, /[\\`*_{}[\]<>#!|$&\n\u202e\u0007]/);
});

test('quotations of a sentence are code, unless they cannot be told', () => {
  assert.equal(sentence('`x` is [kept] by `f`'), '`x` is \\[kept\\] by `f`');
  assert.equal(sentence('a raw ` mark'), 'a raw \\` mark');
});

test('nothing in a source becomes a link or a command', () => {
  const hostile = site({
    expression: HOSTILE,
    sentence: HOSTILE,
    function: HOSTILE,
    ignored: { reason: HOSTILE, position: { file: HOSTILE, line: 1 } },
    chain: [{ package: HOSTILE, function: HOSTILE, text: HOSTILE }],
    flows: [{ to: '', steps: [{ expression: HOSTILE, reason: 'return', note: HOSTILE, target: '', value: '', position: { file: HOSTILE, line: 2 } }] }],
  });
  for (const text of [hoverText(hostile, () => undefined, []), copyText(hostile)]) {
    // Without its code spans and its escapes, the text holds no link and no tag.
    const bare = text.replace(/\\./g, '').replace(/(`+)[^`](?:.*?[^`])??\1(?!`)/g, '');
    assert.doesNotMatch(bare, /\]\(|<|\$\(|!\[/);
  }
});

test('the hover of each golden site has its steps', () => {
  for (const { report } of goldens()) {
    for (const one of report.sites) {
      const text = hoverText(one, ({ file, line }) => `file:///${file}#L${line}`, []);
      const steps = one.flows[0]?.steps.filter((step) => step.position && step.reason !== 'spill') ?? [];
      if (steps.length) assert.match(text, /^1\. \[.*\]\(file:\/\/\//m);
      assert.doesNotMatch(text, /undefined|\[object/);
    }
  }
});

test('a finding is told with what would mend it', () => {
  const suggestion = { id: 'x/y', cause: 'pool-not-reset', rewrite: 'reset', title: 'reset `b` after `Get`', applicability: 'review', safety: '' } as const;
  const text = findingText(finding({ suggestions: [suggestion] }));
  assert.match(text, /^`b` is used after `pool\.Put\(b\)` .* — `pool-used-after-put`\n\nRewrite: reset `b` after `Get` — `escapelens pools --prove` compiles it$/);
  assert.doesNotMatch(findingText(finding({ sentence: HOSTILE })), /<b>|\]\(command:/);
});
