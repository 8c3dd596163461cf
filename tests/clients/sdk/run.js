// Runs the suite against a host that it starts over the sandbox:  node run.js [Proxy.Host.dll] [directory for the results]
// Results: node-sdk.junit.xml and node-sdk.host.log. Ends with 1 when a test failed or the host did not end as it should.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { plainEnvironment, startHost } from './lib/host.js';

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../../..');
const assembly = resolve(process.argv[2] ?? join(repository, 'src/Proxy.Host/bin/Debug/net10.0/Proxy.Host.dll'));
const results = resolve(process.argv[3] ?? join(repository, 'artifacts/tests'));
mkdirSync(results, { recursive: true });

const host = await startHost(assembly, join(results, 'node-sdk.host.log'));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => host.stop().finally(() => process.exit(1)));
}

let code = 1;
try {
  // one file after the other: the last one makes providers go wrong
  const files = readdirSync(join(here, 'suite')).filter((name) => name.endsWith('.test.js')).sort();
  const tests = spawn(process.execPath, [
    '--test', '--test-concurrency=1', '--test-timeout=60000',
    '--test-reporter=spec', '--test-reporter-destination=stdout',
    '--test-reporter=junit', `--test-reporter-destination=${join(results, 'node-sdk.junit.xml')}`,
    ...files.map((name) => join(here, 'suite', name)),
  ], {
    cwd: here,
    stdio: 'inherit',
    env: { ...plainEnvironment(host.home), PROXY_URL: host.url, CONTROL_URL: host.controlUrl, CONTROL_TOKEN: host.controlToken },
  });
  [code] = await once(tests, 'exit');
} finally {
  const end = await host.stop();
  if (end !== 0) {
    console.error(`the host ended with ${end} when it was told to stop`);
    code = 1;
  }
}

process.exitCode = code ?? 1;
