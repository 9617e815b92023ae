import { storeContract } from './contract.ts'
import { memory } from './memory.ts'
import { memoryPods } from './memory-pods.ts'

storeContract('memory', memory)
storeContract('memory seen by two pods', memoryPods)
