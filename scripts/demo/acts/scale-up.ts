/** Act 4: one pod more, while traffic goes on. */
import { NEWCOMER, namesOf } from '../cast.ts';
import { changeWeb, showDiff } from '../change.ts';
import { bars, event, heading, say, verdict } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { GRACE_MS, WINDOW_MS } from '../timing.ts';
import { startTraffic } from '../traffic.ts';

/** Adds a pod to the slices of `web`. */
export async function showTheScaleUp(stage: Stage): Promise<void> {
  heading('4. A scale-up under traffic', `web gets one pod more, ${NEWCOMER.name}`);
  const pods = stage.manifests.podsOf('web');
  const morePods = [...pods, NEWCOMER];
  const traffic = await startTraffic(stage);
  event('traffic', 'new connections all the time, to all six addresses of act 3');
  const before = await traffic.watch(WINDOW_MS, namesOf(pods));

  await stage.startWeb(NEWCOMER);
  event('written', `${NEWCOMER.name} runs web and joins both of its EndpointSlices`);
  const change = await changeWeb(
    stage,
    morePods.map((pod) => ({ pod, state: 'ready' })),
  );
  await traffic.watch(GRACE_MS, namesOf(morePods));
  showDiff(stage, change);

  const after = await traffic.watch(WINDOW_MS, namesOf(morePods));
  stage.tally.requireAll('traffic after the scale-up', after, namesOf(morePods));
  await traffic.stop(namesOf(morePods));
  say();
  bars(namesOf(morePods), [
    { title: `before, in ${WINDOW_MS / 1000} s`, values: before.answeredBy },
    { title: `after, in ${WINDOW_MS / 1000} s`, values: after.answeredBy },
  ]);
  say();
  verdict(traffic.isFlawless, `scale-up: ${traffic.summary}`);
}
