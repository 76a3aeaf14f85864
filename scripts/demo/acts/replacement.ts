/** Act 5: every pod of `web` replaced by a new one, while traffic goes on. */
import { CLIENT, NEWCOMER, type Pod, SUCCESSORS, namesOf } from '../cast.ts';
import { changeWeb, showDiff } from '../change.ts';
import { holdConnections } from '../held-connections.ts';
import type { WebEndpoint } from '../manifests.ts';
import { bars, event, heading, say, verdict } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { GRACE_MS, SHORT_WINDOW_MS, WINDOW_MS } from '../timing.ts';
import { type Traffic, startTraffic } from '../traffic.ts';

/** Replaces the pods one by one: the new one ready, the old one terminating, then gone. */
export async function showTheReplacement(stage: Stage): Promise<void> {
  heading('5. A rolling replacement under traffic', 'every pod of web gives way to a new one');
  const oldPods = [...stage.manifests.podsOf('web'), NEWCOMER];
  const traffic = await startTraffic(stage);
  const held = await holdConnections(stage);
  event('traffic', 'as before');
  event('held', `connections of ${CLIENT} that stay open: ${heldText(held.countByPod)}`);
  const before = await traffic.watch(WINDOW_MS, namesOf(oldPods));

  let pods = oldPods;
  for (const [index, oldPod] of oldPods.entries()) {
    const newPod = SUCCESSORS[index];
    if (newPod === undefined) throw new Error(`nobody is there to succeed ${oldPod.name}`);
    say();
    event(`step ${index + 1}`, `${newPod.name} starts and is ready, ${oldPod.name} is terminating`);
    pods = await replace(stage, traffic, pods, oldPod, newPod);
  }

  const after = await traffic.watch(WINDOW_MS, namesOf(pods));
  stage.tally.requireAll('traffic after the replacement', after, namesOf(pods));
  await traffic.stop(namesOf(pods));
  say();
  bars(namesOf([...oldPods, ...pods]), [
    { title: `before, in ${WINDOW_MS / 1000} s`, values: before.answeredBy },
    { title: `after, in ${WINDOW_MS / 1000} s`, values: after.answeredBy },
  ]);
  say();
  verdict(traffic.isFlawless, `replacement: ${traffic.summary}`);
  const { count, alive, echoed } = await held.release();
  verdict(
    alive === count,
    `held: ${alive} of ${count} connections alive, ${echoed} bytes sent and received`,
  );
  if (alive < count) stage.tally.problem(`${count - alive} held connections broke`);
  await showAgreement(stage, pods);
}

// --- internal ---

/** One step; resolves to the pods that are ready after it. */
async function replace(
  stage: Stage,
  traffic: Traffic,
  pods: readonly Pod[],
  oldPod: Pod,
  newPod: Pod,
): Promise<Pod[]> {
  const ready = [...pods.filter((pod) => pod !== oldPod), newPod];
  await stage.startWeb(newPod);
  const change = await changeWeb(stage, [
    ...ready.map(asReady),
    { pod: oldPod, state: 'terminating' },
  ]);
  await traffic.watch(GRACE_MS, namesOf([...ready, oldPod]));
  showDiff(stage, change);
  await stage.stopWeb(oldPod);
  await traffic.watch(SHORT_WINDOW_MS, namesOf(ready));
  event('closed', `${oldPod.name} takes no more connections; so far ${traffic.summary}`);
  return ready;
}

/** The last old pod leaves the slices, which changes nothing in the kernel; "switchyard diff" agrees. */
async function showAgreement(stage: Stage, pods: readonly Pod[]): Promise<void> {
  await stage.manifests.writeWebEndpoints(pods.map(asReady));
  const differences = await Promise.all(stage.agents.map((agent) => agent.diff()));
  stage.agents.forEach(({ nodeName }, index) => {
    const text = differences[index] ?? '';
    verdict(
      text === '',
      `"switchyard diff" on ${nodeName}: ${text === '' ? 'no differences' : text}`,
    );
    if (text !== '') stage.tally.problem(`${nodeName} is not as the manifests say`);
  });
}

function heldText(countByPod: Readonly<Record<string, number>>): string {
  const names = Object.keys(countByPod).sort();
  return names.map((name) => `${name} ${countByPod[name] ?? 0}`).join(', ');
}

function asReady(pod: Pod): WebEndpoint {
  return { pod, state: 'ready' };
}
