import { type Env, readSettings } from '../configuration.ts';
import { ConfigError } from '../errors.ts';
import { fieldMeanings } from '../field-table.ts';
import { isLoopback } from '../loopback.ts';
import type { Settings } from '../types/settings.ts';
import { type Finding, findingsOf, shownUrl } from './finding.ts';

export const ENVIRONMENT = findingsOf(
  'configuration',
  {
    'variable-faulty': {
      severity: 'fault',
      what: 'A variable is missing or wrong.',
      why: 'The gate answers every request with 503 (MISCONFIGURED) until all variables are right.',
      mend: 'For development `npx gatehouse dev --write` sets what is missing. Else set the variable in .env.local, or where the site is hosted.',
    },
    'configuration-faulty': {
      severity: 'fault',
      what: 'gatehouse.config does not load, or a rule or an upstream in it is not valid.',
      why: 'The gate answers every request with 503 (MISCONFIGURED), or the build fails.',
      mend: 'Correct the place that is named; docs/rules.md has every part of a rule.',
    },
    'checks-left-out': {
      severity: 'note',
      what: 'The provider, Redis and the live site were not asked, because a variable is missing or wrong.',
      why: 'What they would be asked with is not known.',
      mend: 'Correct the variables, and run the command again.',
    },
    'loopback-in-production': {
      severity: 'warning',
      what: 'A variable names this machine, and the environment is that of production.',
      why: 'A deployed site cannot reach or be reached at a loopback address, and its cookies lose their `Secure` prefix.',
      mend: 'Set the public https addresses where the site is hosted; .env.local is for development.',
    },
  },
  { 'configuration-complete': 'Every variable is valid.' },
);

/** A variable, as far as it may be shown. */
export interface Variable {
  readonly name: string;
  readonly state: 'set' | 'default' | 'unset' | 'faulty';
  /** Left out for a secret, and for what is faulty: a secret may have been put there. */
  readonly value?: string;
  readonly secret?: true;
  readonly meaning: string;
}

export interface Environment {
  /** Absent while something is faulty. */
  readonly settings?: Settings;
  readonly variables: readonly Variable[];
  readonly findings: readonly Finding[];
}

/** Reads the variables as the gate does: all faults at once. */
export function checkEnvironment(env: Env, isProduction: boolean): Environment {
  try {
    const settings = readSettings(env);
    const variables = variablesOf(env, {});
    const local = isProduction ? loopbackFindings(settings) : [];
    return { settings, variables, findings: [ENVIRONMENT.passed('configuration-complete'), ...local] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const variables = variablesOf(env, error.variables);
    const findings = Object.entries(error.variables).map(([name, fault]) => {
      const meaning = variables.find((variable) => variable.name === name)?.meaning;
      const ways = { forDevelopment: !isProduction && fault.startsWith('is required'), meaning };
      const mend = mendOf(name, ways);
      return ENVIRONMENT.found('variable-faulty', { what: `${name} ${fault}.`, mend });
    });
    return { variables, findings: [...findings, ENVIRONMENT.found('checks-left-out')] };
  }
}

/** What sets a variable: for development the command that writes all of them, else its meaning. */
function mendOf(name: string, { forDevelopment, meaning }: { forDevelopment: boolean; meaning?: string | undefined }) {
  if (!meaning) return `Correct ${name} in the environment.`;
  const how = name === 'SESSION_SECRET' ? '`npx gatehouse secret` prints one' : 'It is';
  const command = forDevelopment ? 'For development `npx gatehouse dev --write` sets it. Else set' : 'Set';
  return `${command} ${name}. ${how}: ${plain(meaning)}`;
}

function variablesOf(env: Env, faults: Readonly<Record<string, string>>): Variable[] {
  return fieldMeanings().map(({ field, meaning }) => {
    const name = field.names.find((one) => env[one]?.trim()) ?? field.names[0];
    const text = env[name]?.trim();
    const about = { name, meaning, ...(field.secret && { secret: true as const }) };
    if (name in faults) return { ...about, state: 'faulty' };
    if (!text)
      return field.default ? { ...about, state: 'default', value: field.default } : { ...about, state: 'unset' };
    return { ...about, state: 'set', ...(!field.secret && { value: printable(name, text) }) };
  });
}

/** Values of more parameters, and of a query in an address, may be secrets: their names are shown. */
function printable(name: string, text: string): string {
  if (name.endsWith('_PARAMS')) return [...new URLSearchParams(text).keys()].map((one) => `${one}=…`).join('&');
  return /^https?:/i.test(text) ? keepingSlash(text) : text;
}

/** The address to the letter where nothing in it has to be hidden: a slash at the end counts. */
const keepingSlash = (text: string) => (/[?@]/.test(text) ? shownUrl(text) : text);

/** Markdown without its marks. */
export const plain = (markdown: string): string => markdown.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');

function loopbackFindings({ provider, redis }: Settings): Finding[] {
  const named = {
    SSO_ISSUER: provider.issuer,
    SSO_REDIRECT_URI: provider.redirectUri,
    UPSTASH_REDIS_REST_URL: redis.url,
  };
  const local = Object.entries(named).filter(([, url]) => isLoopback(new URL(url.replace(/[{}]/g, ''))));
  if (local.length === 0) return [];
  const names = local.map(([name]) => name).join(', ');
  return [
    ENVIRONMENT.found('loopback-in-production', {
      what: `${names} ${local.length > 1 ? 'name' : 'names'} this machine, and the environment is that of production.`,
    }),
  ];
}
