// src/tracker/tracker.min.js is what `make tracker` makes of tracker.js, and small.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { check, done } from '../lib/browser.mjs';

const made = execFileSync('node', [`${process.env.UGLIFY_JS}/bin/uglifyjs`, 'src/tracker/tracker.js', '--compress', '--mangle'], { encoding: 'utf8' });
const kept = readFileSync('src/tracker/tracker.min.js', 'utf8');
check('tracker.min.js is not what tracker.js says: make tracker', made.trim() === kept.trim());
const size = gzipSync(kept, { level: 9 }).length;
check(`${size} bytes, and 4096 are too many`, size < 4096);
done();
