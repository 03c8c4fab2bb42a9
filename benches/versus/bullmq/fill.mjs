// Puts a job for each person into the queue.
// node fill.mjs LIST COUNT REDIS_PORT
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Queue } from "bullmq";

const [list, count, port] = process.argv.slice(2);
const queue = new Queue("notices", { connection: { host: "127.0.0.1", port: Number(port) } });

let columns;
let left = Number(count);
let jobs = [];
for await (const line of createInterface({ input: createReadStream(list), crlfDelay: Infinity })) {
  const values = line.split(",");
  if (!columns) {
    columns = values;
    continue;
  }
  if (left-- <= 0) break;
  const person = Object.fromEntries(columns.map((column, at) => [column, values[at]]));
  jobs.push({ name: "notice", data: person, opts: { attempts: 3, removeOnComplete: true } });
  if (jobs.length === 1000) {
    await queue.addBulk(jobs);
    jobs = [];
  }
}
await queue.addBulk(jobs);
await queue.close();
