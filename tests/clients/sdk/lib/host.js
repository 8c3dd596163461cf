import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

const startSeconds = 60;
const stopSeconds = 20;

/** What a child may see of this machine: nothing that names an account, a key or a proxy of its user. */
export function plainEnvironment(home) {
  const kept = ['PATH', 'DOTNET_ROOT', 'DOTNET_ROOT_X64', 'DOTNET_ROOT_ARM64', 'LANG'].filter((name) => process.env[name] !== undefined);
  return { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), HOME: home, TMPDIR: home, DOTNET_CLI_TELEMETRY_OPTOUT: '1' };
}

/**
 * Starts the built host over its sandbox on a free port, in a home of its own.
 * What it prints goes to `log`, but for the token of its control port.
 */
export async function startHost(assembly, log) {
  const home = await mkdtemp(join(tmpdir(), 'cpa-node-sdk-'));
  const child = spawn('dotnet', [assembly, '--sandbox', '--port', '0'], { cwd: home, env: plainEnvironment(home), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  try {
    const found = await welcomeOf(child, ended, log);
    return { ...found, home, stop: () => stop(child, ended, home) };
  } catch (error) {
    await stop(child, ended, home);
    throw error;
  }
}

function welcomeOf(child, ended, log) {
  const file = createWriteStream(log);
  let printed = '';
  let found = null;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the host did not come up in ${startSeconds} s:\n${printed}`)), startSeconds * 1000);
    const listen = (chunk) => {
      if (found !== null) {
        file.write(chunk);
        return;
      }

      printed += chunk;
      const base = /base URL +(http:\/\/\S+)/.exec(printed);
      const control = /curl (\S+)\/state -H 'authorization: Bearer (\S+)'/.exec(printed);
      if (base && control) {
        found = { url: base[1].replace('localhost', '127.0.0.1'), controlUrl: control[1], controlToken: control[2] };
        file.write(printed.replaceAll(found.controlToken, '(control token)'));
        clearTimeout(timer);
        resolve(found);
      }
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.on('error', (error) => reject(error));
    ended.then(([code]) => {
      clearTimeout(timer);
      reject(new Error(`the host ended with ${code}:\n${printed}`));
    }, reject);
  });
}

/** Ends it the way a user would, and says how it ended. */
async function stop(child, ended, home) {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000);
    await ended;
    clearTimeout(timer);
  }

  await rm(home, { recursive: true, force: true });
  return child.exitCode ?? child.signalCode;
}
