import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
// Not from the library's list of all charts: of a list that several pieces share, all that any of them uses would come
// with the first page.
import { install as BarChart } from 'echarts-bar';
import { install as GridComponent } from 'echarts-grid';
import { install as TooltipComponent } from 'echarts-tooltip';

// What the first page draws: the whole library is three times as large.
use([BarChart, CanvasRenderer, GridComponent, TooltipComponent]);

export { init };
