// An optional helper of the Redis tests: used where it is installed (npm i --no-save testcontainers@12).
declare module 'testcontainers'
