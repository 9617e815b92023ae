import { memory } from './memory.ts'
import { memoryPods } from './memory-pods.ts'
import { storeModel } from './model.ts'

storeModel('memory', memory)
storeModel('memory seen by two pods', memoryPods)
