import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, seconds apart from computing or waiting, so that no worker is left alone with it at the end. */
const FIRST = [
  'schedules',
  'renewal-retries',
  'machine',
  'failures',
  'refresh-retry-times',
  'renewal-expired-and-due',
  'renewal-redis-faults',
  'records',
  'traces',
  'userinfo-failures',
  'providers',
  'command',
  'cold-isolates',
  'rate-limits',
  'provider-lies',
  'kill',
  'endings',
  'oidc-provider-fapi2',
  'anonymous',
  'adopter',
  'roles',
];

/** The long files of all projects first, one after another from each project; the others as Vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = FIRST.indexOf(basename(moduleId, '.test.ts'));
      return index < 0 ? FIRST.length : index;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
