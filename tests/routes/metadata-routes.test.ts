import * as metadata from 'next/dist/lib/metadata/is-metadata-route.js';
import { normalizeAppPath } from 'next/dist/shared/lib/router/utils/app-paths.js';
import { describe, expect, it } from 'vitest';
import { isMetadataRoute } from '../../lib/cli/metadata-routes.ts';

const FOLDERS = ['', '/section', '/(group)', '/section/(group)/@slot', '/[id]', '/[...all]'];
const NAMES = [
  ...['favicon', 'robots', 'manifest', 'sitemap', 'icon', 'apple-icon', 'opengraph-image', 'twitter-image'],
  ...['icons', 'site', 'apple', 'my-icon', 'sitemap-news', 'robot', 'opengraph', 'page', 'route'],
];
const NUMBERS = ['', '1', '12', '-1x2y3z', '3-abc_12', '-abc', '-abcdefg'];
const EXTENSIONS = [
  '',
  '.txt',
  '.xml',
  '.xml.gz',
  '.json',
  '.webmanifest',
  '.ico',
  '.svg',
  '.png',
  '.jpg',
  '.jpeg',
  '.gif',
  '.webp',
];
const ENDS = ['/route', '/page', '/[__metadata_id__]/route', '/[id]/route', '/more/route'];

const entries = FOLDERS.flatMap((folder) =>
  NAMES.flatMap((name) =>
    NUMBERS.flatMap((number) =>
      EXTENSIONS.flatMap((extension) => ENDS.map((end) => `${folder}/${name}${number}${extension}${end}`)),
    ),
  ),
);

describe('a route that Next made of a metadata file', () => {
  it('is the same for Next and for the command, for every entry that a build may list', () => {
    const wrong = entries.filter(
      (entry) => isMetadataRoute(entry, normalizeAppPath(entry)) !== metadata.isMetadataRoute(entry),
    );
    expect(wrong).toEqual([]);
    const found = entries.filter((entry) => metadata.isMetadataRoute(entry));
    expect(found).toEqual(expect.arrayContaining(['/robots.txt/route', '/section/icon-1x2y3z.png/route']));
    expect(found.length).toBeGreaterThan(500);
  });
});
