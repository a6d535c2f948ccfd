// Draws the chart of a forecast for the command line.
import { drawPicture } from '../adapters/picture.ts';
import { chartOfForecast } from '../chart/chart-of-forecast.ts';
import { renderForecastChart } from '../chart/forecast-chart.ts';
import type { Forecast } from '../sizing/forecast.ts';

/** The picture as PNG. */
export function chartOf(title: string, answer: Forecast): Promise<Uint8Array> {
  return drawPicture(renderForecastChart(chartOfForecast(title, answer)).svg);
}
