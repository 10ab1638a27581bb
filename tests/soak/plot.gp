# gnuplot -e "samples='…'; output='…'" plot.gp: the samples of tests/soak/run as a picture.
set terminal svg size 900,620 font 'sans-serif,11' background '#ffffff'
set output output
set multiplot layout 3,1 margins 0.09,0.91,0.07,0.97 spacing 0.0,0.045
set key top right horizontal
set grid ytics lc rgb '#dddddd'
set xrange [0:*]
set yrange [0:*]
set format x ''
set ylabel 'calls/s'
set y2label 'latency (ms)'
set ytics nomirror
set y2tics
set y2range [0:*]
plot samples using ($1/60):2 with lines lw 2 lc rgb '#2060a0' title 'calls a second', samples using ($1/60):3 axes x1y2 with lines lc rgb '#c06020' title 'mean latency'
set ylabel 'memory (MB)'
unset y2tics
unset y2label
set ytics mirror
plot samples using ($1/60):4 with lines lw 2 lc rgb '#208040' title 'backends, mean', samples using ($1/60):5 with lines lw 2 lc rgb '#802080' title 'worker'
set format x '%g'
set xlabel 'minutes' offset 0,0.6
set ylabel 'events waiting'
plot samples using ($1/60):6 with lines lw 2 lc rgb '#404040' title 'asynchronous workflow'
