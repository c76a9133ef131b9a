import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = new Set([".js", ".css", ".html", ".svg", ".json", ".txt"]);
/** Below, a file fits one packet anyway. */
const SMALLEST_BYTES = 1024;

const brotli = promisify(brotliCompress);
const zipped = promisify(gzip);

/** Writes `.br` and `.gz` beside every file that gains by it, at the highest level: it happens once, at build time. */
export function compress(): Plugin {
  let folder = "dist";
  return {
    name: "candor-compress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      const wanted = files.filter((file) => file.isFile() && COMPRESSIBLE.has(extname(file.name)));
      await Promise.all(wanted.map((file) => compressFile(join(file.parentPath, file.name))));
    },
  };
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < SMALLEST_BYTES) return;
  const parameters = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const [small, smaller] = await Promise.all([zipped(content, { level: 9 }), brotli(content, { params: parameters })]);
  if (small.length < content.length) await writeFile(`${path}.gz`, small);
  if (smaller.length < content.length) await writeFile(`${path}.br`, smaller);
}
