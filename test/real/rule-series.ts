// For every trigger of the shipped profiles, what the world looks like when its measure answers a level.

import {
  at,
  counter,
  cpuUse,
  exporterLabels,
  failures,
  gauge,
  gaugeOf,
  gaugePerPod,
  histogram,
  memoryUse,
  podLabels,
  podsOf,
  type Row,
  together,
} from './series.ts';

const fixed = (row: Row, level: number): Row => at(row, () => level);

/** Pods of the workload that answer Prometheus. */
const up: Row = (_, place) => podsOf(place).map((pod) => gauge('up', podLabels(place, pod), 1));

/** A counter that each pod raises by the level a second. */
const ratePerPod =
  (name: string): Row =>
  (level, place) =>
    podsOf(place).map((pod) => counter(name, podLabels(place, pod), level));

/** A counter of an exporter that grows by the level a second. */
const rateOf =
  (name: string, job: string): Row =>
  (level, place) => [counter(name, exporterLabels(place, job), level)];

/** So many meters, spread over zones of one facility. */
const meters =
  (zones: number): Row =>
  (level, place) =>
    Array.from({ length: zones }, (_, zone) =>
      gauge(
        'gl003_active_meters',
        { ...exporterLabels(place, 'meter-registry'), facility_id: 'F1', zone_id: `Z${zone}` },
        level / zones,
      ),
    );

/** One pod at the level, the other one at a multiple of it. */
const onePod =
  (row: Row, others: number): Row =>
  (level, place) => {
    const [own = ''] = podsOf(place);
    const rest = row(level * others, place);
    return row(level, place).map((each, index) =>
      each.series.includes(own) ? each : (rest[index] ?? each),
    );
  };
const oneHotPod = (row: Row): Row => onePod(row, 0.1);
const oneColdPod = (row: Row): Row => onePod(row, 4);

const cpu = cpuUse();
const memory = memoryUse();

const gl001: Readonly<Record<string, Row>> = {
  'orchestrator-cpu': cpu,
  'orchestrator-memory': memory,
  'coordination-rate': gaugePerPod('agent_coordination_per_second'),
  'boiler-queue': gaugePerPod('boiler_calculation_queue_depth'),
  'boiler-efficiency-cpu': cpu,
  'steam-system-cpu': cpu,
  'combustion-optimizer-cpu': cpu,
  'emissions-control-cpu': cpu,
  'waste-heat-cpu': cpu,
  'orchestration-latency': oneHotPod(gaugePerPod('orchestration_latency_p95_seconds')),
  'coordination-errors': at(gaugePerPod('agent_coordination_success_rate'), (level) => 1 - level),
  'database-connections': oneHotPod(
    together(
      at(gaugePerPod('db_connection_pool_in_use'), (level) => level * 100),
      fixed(gaugePerPod('db_connection_pool_size'), 100),
    ),
  ),
  'message-bus-lag': oneHotPod(gaugePerPod('message_bus_lag_milliseconds')),
  'kafka-lag': (level, place) =>
    [0, 1, 2].map((partition) =>
      gauge(
        'kafka_consumergroup_lag',
        {
          ...exporterLabels(place, 'kafka-exporter'),
          consumergroup: 'gl-001-orchestrator',
          partition: String(partition),
          topic: 'agent.coordination',
        },
        level / 3,
      ),
    ),
  'heat-optimization-time': oneHotPod(gaugePerPod('heat_optimization_time_p95')),
  'plant-count': gaugeOf('plant_count'),
  'subagent-count': gaugeOf('active_subagent_count'),
};

const gl003: Readonly<Record<string, Row>> = {
  'analyzer-cpu': cpu,
  'analyzer-memory': memory,
  'meters-per-pod': together(
    at(meters(4), (level) => level * 2),
    up,
  ),
  'request-rate': together(ratePerPod('gl003_http_requests_total'), up),
  'hot-pod-cpu': oneHotPod(cpu),
  'hot-pod-memory': oneHotPod(memory),
  'response-time': histogram('gl003_http_request_duration_seconds', 0.95),
  'database-connections': together(
    at(gaugeOf('pg_stat_database_numbackends', { datname: 'gl003_steam' }), (level) => level * 500),
    fixed(gaugeOf('pg_settings_max_connections'), 500),
  ),
  'meters-per-facility': meters(4),
  'sampling-frequency': together(
    at(rateOf('gl003_readings_ingested_total', 'ingest'), (level) => level * 100),
    fixed(meters(4), 100),
  ),
  'cold-pod': oneColdPod(cpu),
  // The greater of both counts.
  'requests-unused': together(
    memory,
    at(cpu, (level) => level / 2),
  ),
  'zones-per-facility': (level, place) => meters(Math.round(level))(100, place),
};

const gl008: Readonly<Record<string, Row>> = {
  'inspection-backlog': gaugeOf('inspection_queue_depth'),
  'request-queue': gaugeOf('api_request_queue_depth'),
  'high-cpu-inspector': cpu,
  'high-cpu-api-gateway': cpu,
  'high-cpu-worker': cpu,
  'high-cpu-sensor-gateway': cpu,
  'high-cpu-ml-service': cpu,
  'low-use-inspector': cpu,
  'low-use-api-gateway': cpu,
  'low-use-worker': cpu,
  'low-use-sensor-gateway': cpu,
  'low-use-ml-service': cpu,
  'high-memory-inspector': memory,
  'high-memory-api-gateway': memory,
  'high-memory-worker': memory,
  'high-memory-sensor-gateway': memory,
  'high-memory-ml-service': memory,
  'api-latency': gaugePerPod('api_request_latency_p95'),
  'api-errors': failures('http_requests_total', { status: '503' }, { status: '200' }),
};

const gl009: Readonly<Record<string, Row>> = {
  'high-cpu': cpu,
  'high-memory': memory,
  'queue-depth': gaugeOf('thermaliq_calculation_queue_depth'),
  // The CPU, while nothing else speaks against fewer pods.
  'low-load': together(
    cpu,
    fixed(memory, 0.2),
    fixed(gaugeOf('thermaliq_calculation_queue_depth'), 1),
    fixed(histogram('thermaliq_request_duration_seconds', 0.95), 2),
  ),
  latency: histogram('thermaliq_request_duration_seconds', 0.95),
  errors: together(
    at(ratePerPod('thermaliq_calculation_errors_total'), (level) => level * 50),
    fixed(ratePerPod('thermaliq_calculations_total'), 50),
  ),
};

const gl010: Readonly<Record<string, Row>> = {
  'high-cpu': cpu,
  'high-memory': memory,
  'data-points-per-pod': gaugePerPod('cems_data_points_per_second'),
  'connections-per-pod': gaugePerPod('cems_connections_active'),
  'queue-depth': gaugeOf('gl010_queue_depth', { queue: 'calculations' }),
  'processing-lag': gaugePerPod('gl010_processing_lag_seconds'),
  latency: histogram('gl010_request_duration_seconds', 0.99),
  errors: failures('http_requests_total', { status: '500' }, { status: '204' }),
  'database-connections': together(
    at(gaugeOf('pg_stat_activity_count', { state: 'active' }), (level) => level * 200),
    fixed(gaugeOf('pg_settings_max_connections'), 200),
  ),
  'database-queries': rateOf('pg_stat_database_xact_commit', 'postgres-exporter'),
  'database-cache-hits': together(
    at(rateOf('pg_stat_database_blks_hit', 'postgres-exporter'), (level) => level * 1000),
    at(rateOf('pg_stat_database_blks_read', 'postgres-exporter'), (level) => (1 - level) * 1000),
  ),
  'database-replication-lag': gaugeOf('pg_replication_lag_seconds'),
};

/** By profile and trigger. */
export const ruleSeries: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  'gl-001': gl001,
  'gl-003': gl003,
  'gl-008': gl008,
  'gl-009': gl009,
  'gl-010': gl010,
};
