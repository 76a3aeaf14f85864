import { expect } from 'chai';
import fc from 'fast-check';
import { NftJsonError, parseRuleset, renderRuleset } from '../../../rules/nftables-json/index.ts';
import { anyRuleset } from './arbitraries.ts';

describe('nftables-json there and back', () => {
  it('reads any ruleset as it was written', () => {
    fc.assert(
      fc.property(anyRuleset, (ruleset) => {
        const json = JSON.stringify(ruleset);
        expect(parseRuleset(json)).to.deep.equal(JSON.parse(json));
      }),
    );
  });

  it('gives the same ruleset the same text, or the same error', () => {
    fc.assert(
      fc.property(anyRuleset, (ruleset) => {
        const again = parseRuleset(JSON.stringify(ruleset));
        expect(textOrError(again.nftables)).to.equal(textOrError(ruleset.nftables));
      }),
    );
  });

  it('has one line for each command, whatever the names and comments', () => {
    fc.assert(
      fc.property(anyRuleset, ({ nftables }) => {
        const commands = nftables.filter((command) => !('metainfo' in command));
        const text = textOrError(commands);
        if (!text.startsWith('error:')) {
          expect(text.split('\n')).to.have.length(commands.length + 1);
        }
      }),
    );
  });
});

// --- internal ---

function textOrError(commands: Parameters<typeof renderRuleset>[0]): string {
  try {
    return renderRuleset(commands);
  } catch (error) {
    if (error instanceof NftJsonError) return `error: ${error.message}`;
    throw error;
  }
}
