dist_man_MANS += %D%/eddy.1
