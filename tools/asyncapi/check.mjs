// Checks an AsyncAPI 3 document: against the schema of AsyncAPI itself, that every reference leads somewhere and every
// component is referred to, and that every example is what its message's schema says.
// Usage: node check.mjs DOCUMENT; exit status 1 if there is anything, each with the place it stands at.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const require = createRequire(import.meta.url);
const problems = [];

function strictAjv() {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats(ajv);
  // Protobuf writes 64 bits as a text, which ajv's own format for numbers does not know.
  ajv.addFormat("int64", true);
  return ajv;
}

function note(place, errors) {
  for (const error of errors ?? []) problems.push(`${place}${error.instancePath}: ${error.message}`);
}

function checkAgainstSchema(document) {
  const version = document.asyncapi;
  const ajv = strictAjv();
  const validate = ajv.compile(require(`@asyncapi/specs/schemas/${version}-without-$id.json`));
  if (!validate(document)) note("", validate.errors);
}

function follow(document, reference) {
  if (!reference.startsWith("#/")) return undefined;
  let at = document;
  for (const part of reference.slice(2).split("/")) at = at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return at;
}

function collectReferences(node, place, found) {
  if (node === null || typeof node !== "object") return;
  for (const [name, value] of Object.entries(node)) {
    if (name === "$ref" && typeof value === "string") found.push([value, place]);
    else collectReferences(value, `${place}/${name}`, found);
  }
}

function checkReferences(document) {
  const found = [];
  collectReferences(document, "", found);
  const used = new Set(found.map(([reference]) => reference));
  for (const [reference, place] of found) {
    if (follow(document, reference) === undefined) problems.push(`${place}: ${reference} leads nowhere`);
  }
  for (const [kind, components] of Object.entries(document.components ?? {})) {
    for (const name of Object.keys(components)) {
      if (!used.has(`#/components/${kind}/${name}`)) problems.push(`/components/${kind}/${name}: nothing refers to it`);
    }
  }
}

function checkExamples(document) {
  let examples = 0;
  for (const [name, message] of Object.entries(document.components?.messages ?? {})) {
    for (const [index, example] of (message.examples ?? []).entries()) {
      ++examples;
      const ajv = strictAjv();
      const validate = ajv.compile({ components: document.components, ...message.payload });
      if (!validate(example.payload)) note(`/components/messages/${name}/examples/${index}`, validate.errors);
    }
  }
  return examples;
}

const path = process.argv[2];
const document = parse(readFileSync(path, "utf8"), { uniqueKeys: true });
checkAgainstSchema(document);
checkReferences(document);
const examples = problems.length === 0 ? checkExamples(document) : 0;
for (const problem of problems) console.error(`${path}: ${problem}`);
if (problems.length === 0) {
  const messages = Object.keys(document.components.messages).length;
  console.log(`asyncapi: ${path} is valid AsyncAPI ${document.asyncapi}: ${messages} messages, ${examples} examples`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
