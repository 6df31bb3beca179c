// Writes the licences of everything that the bundle contains, and vendor.json with versions, integrity and checksums.
// Usage: node manifest.mjs static/vendor/<name>-<version>
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const outputFolder = process.argv[2];
const locked = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;

// The library's distribution inlines its own dependencies, so every package that is not a development tool counts.
const folders = Object.keys(locked).filter((folder) => folder && !locked[folder].dev).sort();
const packages = folders.map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const licenceFile = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!licenceFile) throw new Error(`${name} ${version} ships no licence text; look for another library.`);
  const text = readFileSync(join(folder, licenceFile), "utf8").trim();
  return { name, version, licence: license, integrity: locked[folder].integrity, text };
});

const rule = "=".repeat(80);
const licences = packages.map(({ name, version, licence, text }) => `${rule}\n${name} ${version} (${licence})\n${rule}\n\n${text}\n`);
licences.push(`${rule}\n${readFileSync("inlined-licences.txt", "utf8")}`);
writeFileSync(join(outputFolder, "LICENSE"), licences.join("\n"));

const files = {};
for (const file of readdirSync(outputFolder).sort()) {
  const digest = createHash("sha256").update(readFileSync(join(outputFolder, file))).digest("hex");
  files[`${basename(outputFolder)}/${file}`] = digest;
}
const record = { packages: packages.map(({ text, ...facts }) => facts), files };
writeFileSync(join(dirname(outputFolder), "vendor.json"), `${JSON.stringify(record, null, 2)}\n`);
