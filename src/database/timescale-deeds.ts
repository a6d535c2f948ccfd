// The kinds of deeds that are TimescaleDB's, in one table.

import { type AggregateDeed, aggregateDeed } from './timescale-aggregate.ts';
import { type ChunkIntervalDeed, chunkIntervalDeed } from './timescale-chunk-interval.ts';
import { type CompressionDeed, compressionDeed } from './timescale-compression.ts';
import { type PolicyDeed, policyDeed } from './timescale-policy.ts';
import { type RefreshDeed, refreshDeed } from './timescale-refresh.ts';

export type TimescaleDeed =
  | ChunkIntervalDeed
  | CompressionDeed
  | PolicyDeed
  | AggregateDeed
  | RefreshDeed;

export const timescaleDeeds = {
  'timescale-aggregate': aggregateDeed,
  'timescale-chunks': chunkIntervalDeed,
  'timescale-compression': compressionDeed,
  'timescale-policy': policyDeed,
  'timescale-refresh': refreshDeed,
};
