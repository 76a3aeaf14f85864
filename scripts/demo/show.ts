/**
 * The show, in the private namespaces that scripts/demo.ts makes for it: five acts one after the
 * other, and with --keep an open end. Exits with 1 if anything was not as it should be.
 */
import { parseArgs } from 'node:util';
import { showAffinity } from './acts/affinity.ts';
import { showTheBalance } from './acts/balance.ts';
import { openTheShow } from './acts/opening.ts';
import { showRefusal } from './acts/refusal.ts';
import { showTheReplacement } from './acts/replacement.ts';
import { showTheRules } from './acts/rules.ts';
import { showTheScaleUp } from './acts/scale-up.ts';
import { keepOpen } from './keep.ts';
import { showTotals } from './totals.ts';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });

const stage = await openTheShow();
await showTheRules(stage);
await showTheBalance(stage);
await showAffinity(stage);
await showRefusal(stage);
await showTheScaleUp(stage);
await showTheReplacement(stage);
const isGood = showTotals(stage);
if (values.keep) await keepOpen(stage);
await stage.world.close();
process.exitCode = isGood ? 0 : 1;
