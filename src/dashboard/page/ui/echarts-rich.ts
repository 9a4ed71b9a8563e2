import { use } from 'echarts/core';
import { install as LegendComponent } from 'echarts-legend';
import { install as LineChart } from 'echarts-line';

// What charts of other pages need besides.
use([LegendComponent, LineChart]);
