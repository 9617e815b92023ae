/** Every script once. */
import { Script } from './script.ts'

export const scripts = {
  acknowledge: new Script('acknowledge'),
  appendMessage: new Script('append-message'),
  cancelBlock: new Script('cancel-block'),
  createQueue: new Script('create-queue'),
  deleteQueue: new Script('delete-queue'),
  fetchHead: new Script('fetch-head'),
  keepIndex: new Script('keep-index'),
  keepQueue: new Script('keep-queue'),
  openLink: new Script('open-link'),
  peekMessage: new Script('peek-message'),
  registerKey: new Script('register-key'),
  release: new Script('release'),
  releaseIndex: new Script('release-index'),
  readLink: new Script('open-link', { isForFull: true }),
  removeLink: new Script('remove-link'),
  removeNotifier: new Script('set-notifier', { isForFull: true }),
  reserveBlock: new Script('reserve-block'),
  resume: new Script('resume'),
  setLink: new Script('set-link'),
  setNotifier: new Script('set-notifier'),
  subscribe: new Script('subscribe'),
  subscribeNotifier: new Script('subscribe-notifier'),
  takeNotifications: new Script('take-notifications'),
  updateQueue: new Script('update-queue'),
} as const
