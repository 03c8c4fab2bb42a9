// Takes jobs from the queue, renders and sends each, and writes a row for each result.
// node worker.mjs PROCESSES JOBS_AT_ONCE CONNECTIONS REDIS_PORT SMTP_PORT POSTGRES_URL NOTICE
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { Worker } from "bullmq";
import Handlebars from "handlebars";
import nodemailer from "nodemailer";
import pg from "pg";

const [processes, atOnce, connections, redisPort, smtpPort, postgres, noticeFile] = process.argv.slice(2);

const GREETINGS = { en: "Dear", de: "Guten Tag", fr: "Bonjour", es: "Hola", "zh-Hans": "尊敬的" };
const SUBJECTS = {
  en: "Notice of data breach: Larkspur Travel",
  de: "Verletzung des Datenschutzes: Larkspur Travel",
  fr: "Violation de données : Larkspur Travel",
  es: "Brecha de datos: Larkspur Travel",
  "zh-Hans": "个人信息泄露通知：Larkspur Travel",
};

// One compiled pair of templates per language.
function templates() {
  const notice = JSON.parse(readFileSync(noticeFile, "utf8"));
  const compiled = new Map();
  for (const [locale, texts] of Object.entries(notice.texts)) {
    const steps = texts.what_you_can_do;
    const text = [
      `${GREETINGS[locale]} {{person.name}},`,
      texts.what_happened,
      texts.what_we_do,
      steps.map((step) => `- ${step}`).join("\n"),
      texts.what_we_offer,
      "{{person.ref}}\nLarkspur Travel, privacy@larkspur-travel.example\n",
    ].join("\n\n");
    const html = `<!DOCTYPE html>
<html lang="${locale}">
<head><meta charset="utf-8"><title>${SUBJECTS[locale]}</title></head>
<body>
<p>${GREETINGS[locale]} {{person.name}},</p>
<p>${texts.what_happened}</p>
<p>${texts.what_we_do}</p>
<ul>
${steps.map((step) => `<li>${step}</li>`).join("\n")}
</ul>
<p>${texts.what_we_offer}</p>
<p>{{person.ref}}<br>
Larkspur Travel, privacy@larkspur-travel.example</p>
</body>
</html>
`;
    compiled.set(locale, {
      subject: SUBJECTS[locale],
      text: Handlebars.compile(text, { noEscape: true, strict: true }),
      html: Handlebars.compile(html, { strict: true }),
    });
  }
  return (locale) => compiled.get(locale.startsWith("zh") ? "zh-Hans" : locale.slice(0, 2)) ?? compiled.get("en");
}

function work() {
  const template = templates();
  const mail = nodemailer.createTransport({
    pool: true,
    host: "127.0.0.1",
    port: Number(smtpPort),
    secure: false,
    ignoreTLS: true,
    maxConnections: Number(connections),
    maxMessages: Infinity,
  });
  const database = new pg.Pool({ connectionString: postgres, max: 10 });
  new Worker(
    "notices",
    async (job) => {
      const person = job.data;
      const { subject, text, html } = template(person.locale);
      const sent = await mail.sendMail({
        from: { name: "Larkspur Travel", address: "incident@larkspur-travel.example" },
        to: { name: person.name, address: person.email },
        subject,
        text: text({ person }),
        html: html({ person }),
      });
      await database.query({
        name: "sent",
        text: "INSERT INTO sent (ref, message_id, response, at) VALUES ($1, $2, $3, clock_timestamp())",
        values: [person.ref, sent.messageId, sent.response],
      });
    },
    { connection: { host: "127.0.0.1", port: Number(redisPort), maxRetriesPerRequest: null }, concurrency: Number(atOnce) },
  );
}

if (Number(processes) > 1 && cluster.isPrimary) {
  for (let at = 0; at < Number(processes); at += 1) cluster.fork();
} else {
  work();
}
